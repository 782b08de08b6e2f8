"""Regions of countries by the codes that stand on envelopes and that tax rules name: "CODE Name|…".

Facts taken from OpenCage's address-formatting data (conf/state_codes.yaml; Italy: conf/county_codes.yaml), MIT licence, commit 28c47f9dae.
"""

NAMED = {
    "AE": ("AJ Ajman Emirate|AZ Abu Dhabi Emirate|DU Dubai|FU Fujairah Emirate|RK Ras al-Khaimah|SH Sharjah Emirate|UQ Umm al-Quwain"),
    "AR": (
        "A Salta|B Buenos Aires|C Autonomous City of Buenos Aires|D San Luis|E Entre Ríos Province|F La Rioja|G Santiago del Estero|H Chaco|"
        "J San Juan|K Catamarca|L La Pampa|M Mendoza|N Misiones|P Formosa|Q Neuquén Province|R Río Negro Province|S Santa Fe|T Tucumán|U Chubut|"
        "V Tierra del Fuego Province|W Corrientes|X Córdoba|Y Jujuy|Z Santa Cruz Province"
    ),
    "AT": ("1 Burgenland|2 Carinthia|3 Lower Austria|4 Upper Austria|5 Salzburg|6 Styria|7 Tyrol|8 Vorarlberg|9 Vienna"),
    "AU": (
        "AAT Australian Antarctic Territory|ACT Australian Capital Territory|HIMI Heard Island and McDonald Islands|JBT Jervis Bay Territory|"
        "NSW New South Wales|NT Northern Territory|QLD Queensland|SA South Australia|TAS Tasmania|VIC Victoria|WA Western Australia"
    ),
    "BE": (
        "BRU Brussels-Capital|VAN Antwerp|VBR Flemish Brabant|VLI Limburg|VOV East Flanders|VWV West Flanders|WBR Walloon Brabant|WHT Hainaut|"
        "WLG Liège|WLX Luxembourg|WNA Namur"
    ),
    "BO": ("B El Beni|C Cochabamba|H Chuquisaca|L La Paz|N Pando|O Oruro|P Potosí|S Santa Cruz|T Tarija"),
    "BR": (
        "AC Acre|AL Alagoas|AM Amazonas|AP Amapá|BA Bahia|CE Ceará|DF Distrito Federal|ES Espírito Santo|GO Goiás|MA Maranhão|MG Minas Gerais|"
        "MS Mato Grosso do Sul|MT Mato Grosso|PA Pará|PB Paraíba|PE Pernambuco|PI Piauí|PR Paraná|RJ Rio de Janeiro|RN Rio Grande do Norte|"
        "RO Rondônia|RR Roraima|RS Rio Grande do Sul|SC Santa Catarina|SE Sergipe|SP São Paulo|TO Tocantins"
    ),
    "CA": (
        "AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador|NT Northwest Territories|NS Nova Scotia|"
        "NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec|SK Saskatchewan|YT Yukon"
    ),
    "CH": (
        "AG Aargau|AI Appenzell Innerrhoden|AR Appenzell Ausserrhoden|BE Bern|BL Basel-Landschaft|BS Basel-City|FR Fribourg|GE Geneva|GL Glarus|"
        "GR Grisons|JU Jura|LU Luzern|NE Neuchâtel|NW Nidwalden|OW Obwalden|SG Sankt Gallen|SH Schaffhausen|SO Solothurn|SZ Schwyz|TG Thurgau|"
        "TI Ticino|UR Uri|VD Vaud|VS Valais/Wallis|ZG Zug|ZH Zurich"
    ),
    "CL": (
        "AI Aisén del General Carlos Ibañez del Campo|AN Antofagasta|AP Arica y Parinacota|AR La Araucanía|AT Atacama|BI Biobío|CO Coquimbo|"
        "LI Libertador General Bernardo O'Higgins|LL Los Lagos|LR Los Ríos|MA Magallanes|ML Maule|RM Región Metropolitana de Santiago|"
        "TA Tarapacá|VS Valparaíso"
    ),
    "CO": (
        "AMA Amazonas|ANT Antioquia|ARA Arauca|ATL Atlántico|BOL Bolívar|BOY Boyacá|CAL Caldas|CAQ Caquetá|CAS Casanare|CAU Cauca|CES Cesar|"
        "CHO Chocó|COR Córdoba|CUN Cundinamarca|DC Distrito Capital de Bogotá|GUA Guainía|GUV Guaviare|HUI Huila|LAG La Guajira|MAG Magdalena|"
        "MET Meta|NAR Nariño|NSA Norte de Santander|PUT Putumayo|QUI Quindío|RIS Risaralda|SAN Santander|SAP San Andrés|SUC Sucre|TOL Tolima|"
        "VAC Valle del Cauca|VAU Vaupés|VID Vichada"
    ),
    "CR": ("A Alajuela|C Cartago|G Guanacaste|H Heredia|L Limón|P Puntarenas|SJ San José"),
    "DE": (
        "BB Brandenburg|BE Berlin|BW Baden-Württemberg|BY Bavaria|HB Bremen|HE Hesse|HH Hamburg|MV Mecklenburg-Vorpommern|NI Lower Saxony|"
        "NW North Rhine-Westphalia|RP Rhineland-Palatinate|SH Schleswig-Holstein|SL Saarland|SN Saxony|ST Saxony-Anhalt|TH Thuringia"
    ),
    "EC": (
        "A Azuay|B Bolívar|C Carchi|D Orellana|E Esmeraldas|F Cañar|G Guayas|H Chimborazo|I Imbabura|L Loja|M Manabí|N Napo|O El Oro|P Pichincha|"
        "R Los Ríos|S Morona-Santiago|SD Santo Domingo de los Tsáchilas|SE Santa Elena|T Tungurahua|U Sucumbíos|W Galápagos|X Cotopaxi|Y Pastaza|"
        "Z Zamora Chinchipe"
    ),
    "ES": (
        "AN Andalusia|AR Aragon|AS Asturias|CB Cantabria|CE Ceuta|CL Castile and León|CM Castile-La Mancha|CN Canary Islands|CT Catalonia|"
        "EX Extremadura|GA Galicia|IB Balearic Islands|MC Region of Murcia|MD Community of Madrid|ML Melilla|NC Navarra|"
        "PV Autonomous Community of the Basque Country|RI Rioja|VC Valencian Community"
    ),
    "FR": (
        "ARA Auvergne-Rhône-Alpes|BFC Bourgogne-Franche-Comté|BRE Brittany|CVL Centre-Val de Loire|COR Corsica|GES Grand Est|GF Guyane|"
        "GP Guadeloupe|HDF Hauts-de-France|IDF Ile-de-France|MQ Martinique|NOR Normandy|NAQ New Aquitaine|OCC Occitania|PDL Pays de la Loire|"
        "PAC Provence-Alpes-Côte d'Azur|RE La Réunion|YT Mayotte"
    ),
    "GB": ("ENG England|NIR Northern Ireland|SCT Scotland|WLS Wales"),
    "GT": (
        "AV Alta Verapaz|BV Baja Verapaz|CM Chimaltenango|CQ Chiquimula|ES Escuintla|GU Guatemala|HU Huehuetenango|IZ Izabal|JA Jalapa|"
        "JU Jutiapa|PE Petén|PR El Progreso|QC Quiché|QZ Quetzaltenango|RE Retalhuleu|SA Sacatepéquez|SM San Marcos|SO Sololá|SR Santa Rosa|"
        "SU Suchitepéquez|TO Totonicapán|ZA Zacapa"
    ),
    "HN": (
        "AT Atlántida|CH Choluteca|CL Colón|CM Comayagua|CP Copán|CR Cortés|EP El Paraíso|FM Francisco Morazán|GD Gracias a Dios|"
        "IB Islas de la Bahía|IN Intibucá|LE Lempira|LP La Paz|OC Ocotepeque|OL Olancho|SB Santa Bárbara|VA Valle|YO Yoro"
    ),
    "ID": (
        "AC Aceh|BA Bali|BB Bangka-Belitung Islands|BE Bengkulu|BT Banten|GO Gorontalo|JA Jambi|JB West Java|JI East Java|"
        "JK Jakarta Special Capital Region|JT Central Java|KB West Kalimantan|KI East Kalimantan|KR Riau Islands|KS South Kalimantan|"
        "KT Central Kalimantan|KU North Kalimantan|LA Lampung|MA Maluku|MU North Maluku|NB Nusa Tenggara Barat|NT Nusa Tenggara Timur|PA Papua|"
        "PB West Papua|RI Riau|SA North Sulawesi|SB West Sumatra|SG Southeast Sulawesi|SN South Sulawesi|SR West Sulawesi|SS South Sumatra|"
        "ST Central Sulawesi|SU North Sumatra|YO Special Region of Yogyakarta"
    ),
    "IE": ("C Connacht|L Leinster|M Munster|U Ulster"),
    "IN": (
        "AN Andaman and Nicobar Islands|AP Andhra Pradesh|AR Arunachal Pradesh|AS Assam|BR Bihar|CH Chandigarh|CT Chhattisgarh|DD Daman and Diu|"
        "DL Delhi|DN Dadra and Nagar Haveli|GA Goa|GJ Gujarat|HP Himachal Pradesh|HR Haryana|JH Jharkhand|JK Jammu and Kashmir|KA Karnataka|"
        "KL Kerala|LD Lakshadweep|MH Maharashtra|ML Meghalaya|MN Manipur|MP Madhya Pradesh|MZ Mizoram|NL Nagaland|OR Odisha|PB Punjab|"
        "PY Puducherry|RJ Rajasthan|SK Sikkim|TG Telangana|TN Tamil Nadu|TR Tripura|UP Uttar Pradesh|UT Uttarakhand|WB West Bengal"
    ),
    "IT": (
        "AG Agrigento|AL Alessandria|AN Ancona|AO Aosta|AP Ascoli Piceno|AQ L'Aquila|AR Arezzo|AT Asti|AV Avellino|BA Bari|BG Bergamo|BI Biella|"
        "BL Belluno|BN Benevento|BO Bologna|BR Brindisi|BS Brescia|BT Barletta-Andria-Trani|BZ South Tyrol|CA Cagliari|CB Campobasso|CE Caserta|"
        "CH Chieti|CL Caltanissetta|CN Cuneo|CO Como|CR Cremona|CS Cosenza|CT Catania|CZ Catanzaro|EN Enna|FC Forlì-Cesena|FE Ferrara|FG Foggia|"
        "FI Florence|FM Fermo|FR Frosinone|GE Genova|GR Grosseto|IM Imperia|IS Isernia|KR Crotone|LC Lecco|LE Lecce|LI Livorno|LO Lodi|LT Latina|"
        "LU Lucca|MB Monza and Brianza|MC Macerata|ME Messina|MI Milan|MN Mantova|MO Modena|MS Massa-Carrara|MT Matera|NA Napoli|NO Novara|"
        "NU Nuoro|OG Ogliastra|OR Oristano|OT Olbia-Tempio|PA Palermo|PC Piacenza|PD Padova|PE Pescara|PG Perugia|PI Pisa|PO Prato|PR Parma|"
        "PT Pistoia|PU Pesaro e Urbino|PV Pavia|PZ Potenza|RA Ravenna|RC Reggio Calabria|RE Reggio Emilia|RG Ragusa|RI Rieti|RM Rome|RN Rimini|"
        "RO Rovigo|SA Salerno|SI Siena|SO Sondrio|SP La Spezia|SR Siracusa|SS Sassari|SV Savona|TA Taranto|TE Teramo|TN Trento|TO Turin|"
        "TP Trapani|TR Terni|TV Treviso|VA Varese|VB Verbano-Cusio-Ossola|VC Vercelli|VE Venezia|VI Vicenza|VR Verona|VT Viterbo|VV Vibo Valentia"
    ),
    "KZ": (
        "AKM Akmola Region|AKT Aktobe Region|ALA Almaty|ALM Almaty Region|AST Nur-Sultan|ATY Atyrau Region|KAR Karaganda Region|"
        "KUS Kostanay Region|KZY Kyzylorda Region|MAN Mangystau Region|PAV Pavlodar Region|SEV North Kazakhstan Region|SHY Shymkent Region|"
        "VOS East Kazakhstan Region|YUZ Turkistan Region|ZAP West Kazakhstan Region|ZHA Jambyl Region"
    ),
    "MX": (
        "AGU Aguascalientes|BCN Baja California|BCS Lower California South|CAM Campeche|CHH Chihuahua|CHP Chiapas|CMX Mexico City|"
        "COA Coahuila de Zaragoza|COL Colima|DUR Durango|GRO Guerrero|GUA Guanajuato|HID Hidalgo|JAL Jalisco|MEX State of Mexico|MIC Michoacán|"
        "MOR Morelos|NAY Nayarit|NLE Nuevo León|OAX Oaxaca|PUE Puebla|QUE Querétaro|ROO Quintana Roo|SIN Sinaloa|SLP San Luis Potosí|SON Sonora|"
        "TAB Tabasco|TAM Tamaulipas|TLA Tlaxcala|VER Veracruz|YUC Yucatán|ZAC Zacatecas"
    ),
    "MY": (
        "JHR Johor|KDH Kedah|KTN Kelantan|KUL Kuala Lumpur|LBN Lauban|MLK Malacca|NSN Negeri Sembilan|PHG Pahang|PJY Putrajaya|PLS Perlis|"
        "PNG Penang|PRK Perak|SBH Sabah|SGR Selangor|SWK Sarawak|TRG Terengganu"
    ),
    "NG": (
        "AB Abia|AD Adamawa|AK Akwa Ibom|AN Anambra|BA Bauchi|BE Benue|BO Borno|BY Bayelsa|CR Cross River|DE Delta|EB Ebonyi|ED Edo|EK Ekiti|"
        "EN Enugu|FC Abuja Capital Territory|GO Gombe|IM Imo|JI Jigawa|KD Kaduna|KE Kebbi|KN Kano|KO Kogi|KT Katsina|KW Kwara|LA Lagos|"
        "NA Nasarawa|NI Niger|OG Ogun|ON Ondo|OS Osun|OY Oyo|PL Plateau|RI Rivers|SO Sokoto|TA Taraba|YO Yobe|ZA Zamfara"
    ),
    "NI": (
        "AN Atlántico Norte|AS Atlántico Sur|BO Boaco|CA Carazo|CI Chinandega|CO Chontales|ES Estelí|GR Granada|JI Jinotega|LE León|MD Madriz|"
        "MN Managua|MS Masaya|MT Matagalpa|NS Nueva Segovia|RI Rivas|SJ Río San Juan"
    ),
    "NL": (
        "DR Drenthe|FL Flevoland|FR Friesland|GE Gelderland|GR Groningen|LI Limburg|NB North Brabant|NH North Holland|OV Overijssel|UT Utrecht|"
        "ZE Zeeland|ZH South Holland"
    ),
    "NZ": (
        "AUK Auckland|BOP Bay of Plenty|CAN Canterbury|CIT Chatham Islands Territory|GIS Gisborne|HKB Hawkes's Bay|MBH Marlborough|"
        "MWT Manawatu-Wanganui|NSN Nelson|NTL Northland|OTA Otago|STL Southland|TAS Tasman|TKI Taranaki|WGN Wellington|WKO Waikato|WTC West Coast"
    ),
    "PE": (
        "AMA Amazonas|ANC Ancash|APU Apurímac|ARE Arequipa|AYA Ayacucho|CAJ Cajamarca|CAL El Callao|CUS Cuzco|HUC Huánuco|HUV Huancavelica|"
        "ICA Ica|JUN Junín|LAL La Libertad|LAM Lambayeque|LIM Lima|LMA Lima hatun llaqta|LOR Loreto|MDD Madre de Dios|MOQ Moquegua|PAS Pasco|"
        "PIU Piura|PUN Puno|SAM San Martín|TAC Tacna|TUM Tumbes|UCA Ucayali"
    ),
    "PK": (
        "BA Balochistan|GB Gilgit-Baltistan|IS Islamabad|JK Azad Jammu and Kashmir|KP Khyber Pakhtunkhwa|PB Punjab|SD Sindh|"
        "TA Federally Administered Tribal Areas"
    ),
    "PL": (
        "02 Lower Silesian Voivodeship|04 Kuyavian-Pomeranian Voivodeship|06 Lublin Voivodeship|08 Lubusz Voivodeship|10 Łódź Voivodeship|"
        "12 Lesser Poland Voivodeship|14 Masovian Voivodeship|16 Opole Voivodeship|18 Subcarpathian Voivodeship|20 Podlaskie Voivodeship|"
        "22 Pomeranian Voivodeship|24 Silesian Voivodeship|26 Świętokrzyskie Voivodeship|28 Warmian-Masurian Voivodeship|"
        "30 Greater Poland Voivodeship|32 West Pomeranian Voivodeship"
    ),
    "QA": ("DA Doha|KH Al Khor and Al Thakhira|MS Ash Shamal|RA Ar Rayyan|SH Al Shahaniya|US Umm Salal|WA Al Wakrah|ZA Al Daayen"),
    "RO": (
        "AB Alba|AG Argeş|AR Arad|B Bucureşti|BC Bacău|BH Bihor|BN Bistriţa-Năsăud|BR Brāila|BT Botoşani|BV Braşov|BZ Buzău|CJ Cluj|CL Călărasi|"
        "CS Caraş-Severin|CT Constarţa|CV Covasna|DB Dâmboviţa|DJ Dolj|GJ Gorj|GL Galaţi|GR Giurgiu|HD Hunedoara|HR Harghita|IF Ilfov|"
        "IL Ialomiţa|IS Iaşi|MH Mehedinţi|MM Maramureş|MS Mureş|NT Neamţ|OT Olt|PH Prahova|SB Sibiu|SJ Sălaj|SM Satu Mare|SV Suceava|TL Tulcea|"
        "TM Timiş|TR Teleorman|VL Vâlcea|VN Vrancea|VS Vaslui"
    ),
    "SK": (
        "BC Region of Banská Bystrica|BL Region of Bratislava|KI Region of Košice|NI Region of Nitra|PV Region of Prešov|TA Region of Trnava|"
        "TC Region of Trenčín|ZI Region of Žilina"
    ),
    "SV": (
        "AH Departamento de Ahuachapán|CA Departamento de Cabañas|CH Departamento de Chalatenango|CU Departamento de Cuscatlán|LI La Libertad|"
        "MO Departamento de Morazán|PA Departamento de La Paz|SA Departamento de Santa Ana|SM Departamento de San Miguel|"
        "SO Departamento de Sonsonate|SS Departamento de San Salvador|SV San Vicente|UN Departamento de La Unión|US Departamento de Usulután"
    ),
    "US": (
        "AL Alabama|AK Alaska|AS American Samoa|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|"
        "DC District of Columbia|FL Florida|FM Micronesia|GA Georgia|GU Guam|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|"
        "KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MH Marshall Islands|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|"
        "MP Northern Mariana Islands|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|"
        "ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|PR Puerto Rico|PW Palau|RI Rhode Island|SC South Carolina|SD South Dakota|"
        "TN Tennessee|TX Texas|UM US Minor Outlying Islands|UT Utah|VT Vermont|VA Virginia|VI US Virgin Islands|WA Washington|WV West Virginia|"
        "WI Wisconsin|WY Wyoming"
    ),
    "UY": (
        "AR Artigas|CA Canelones|CL Cerro Largo|CO Colonia|DU Durazno|FD Florida|FS Flores|LA Lavalleja|MA Maldonado|MO Montevideo|PA Paysandú|"
        "RN Río Negro|RO Rocha|RV Rivera|SA Salto|SJ San José|SO Soriano|TA Tacuarembó|TT Treinta y Tres"
    ),
    "UZ": (
        "AN Andijon Region|BU Bukhara Region|FA Fergana Region|JI Jizzakh Region|NG Namangan Region|NW Navoiy Region|QA Qashqadaryo Region|"
        "QR Republic of Karakalpakstan|SA Samarqand Region|SI Sirdaryo Region|SU Surxondaryo Region|TK Tashkent|TO Tashkent Region|"
        "XO Xorazm Region"
    ),
    "VE": (
        "A Distrito Capital|B Anzoátegui|C Apure|D Aragua|E Barinas|F Bolívar|G Carabobo|H Cojedes|I Falcón|J Guárico|K Lara|L Mérida|M Miranda|"
        "N Monagas|O Nueva Esparta|P Portuguesa|R Sucre|S Táchira|T Trujillo|U Yaracuy|V Zulia|W Dependencias Federales|X La Guaira|"
        "Y Delta Amacuro|Z Amazonas"
    ),
    "ZA": ("EC Eastern Cape|FS Free State|GT Gauteng|LP Limpopo|MP Mpumalanga|NC Northern Cape|NL Kwazulu-Natal|NW North-West|WC Western Cape"),
}
REGIONS: dict[str, dict[str, str]] = {
    country: {code: name for code, _, name in (one.partition(" ") for one in text.split("|"))} for country, text in NAMED.items()
}
