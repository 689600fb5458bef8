"""EEG Motor Movement/Imagery Database (PhysioNet EEGMMIDB 1.0.0): subject S001, runs 3 to 14.

    python data_scripts/eegmmidb.py DIR                                     # 31 MB, into DIR/S001/
    python data_scripts/eegmmidb.py DIR --only "*R06*" --only "*R10*" --only "*R14*"   # imagined fists or feet
    python data_scripts/eegmmidb.py DIR --mirror FOLDER                     # from a copy: a folder or an address

Source: Schalk et al. (2004), doi:10.1109/TBME.2004.827072; data doi:10.13026/C28G6P.
"""

from sigconv.loaders.fetch import Dataset, table
from sigconv.recipe.fetch import run

# name below the home, SHA-256, bytes
TABLE = """
S001/S001R03.edf	3427c8d01bff1380bc9ab9f27a35ece2af5dfadf3e291bbc05eb66e4dadbfe2e	2596896
S001/S001R03.edf.event	ba934fef5794a278b361c657b30c7a254a5c2d10754a37f484373d779d37bf66	638
S001/S001R04.edf	3d161f88e1c00632585287d2ce584c2bc0f08862438eb255ea8723e00fac693d	2596896
S001/S001R04.edf.event	c81d77b099878d1d392e93aa7a18a46b936b690bad605aa84a652b2bd9cbff1d	638
S001/S001R05.edf	8828f4b97931100af136cebf27838248b82f69cf359f7e6c3146a1970a8fb8d9	2596896
S001/S001R05.edf.event	53f4af70d71eafab6e0d5fabc2c8e8b73a48b4f21df8be00e2543cc640c12549	638
S001/S001R06.edf	5369364f2c4e81ca141679d6dd2ba6ece61c7eb53d7fae31241b308876e1b6b3	2596896
S001/S001R06.edf.event	ea56fcb5af6dc22a09e6c52c6c50be06f5bf4722cba178188f67732c6ecd0395	638
S001/S001R07.edf	6320a941815eb7a0bc632e32c07c88b6e2281a0e2f177e8f49e2d0a16231145c	2596896
S001/S001R07.edf.event	92b3e8a6b67a6846154b1244f9044558257134f17b25840c7f71206ad195584e	638
S001/S001R08.edf	358fb5189220725141968ae285fbe9e3f36210b834ffba71d940af308e3aca68	2596896
S001/S001R08.edf.event	ccd5cf82de626903ece23e339121ff7919b3c3788cf647b575cf08dbb0198ebd	638
S001/S001R09.edf	1b642457807be572c31e8bb56a936cbdb554507d66e25e242c9bd1b0c557c53c	2596896
S001/S001R09.edf.event	e438579df1a078f089a8a64cd82e2e11cb94abbd724605c4705658e9cc2458fd	638
S001/S001R10.edf	20de1c7746c2349d16bda5e9f1b0ac7b7ad1581102a2e30dd2ac422696f62fb1	2596896
S001/S001R10.edf.event	8162d74d19617d3dc613cc4d3505a1e143edecd3fb9c7901e255495cf94de0d1	638
S001/S001R11.edf	d5296b9232b0ad88b7022155cbcde618df44d4b0db046ce3bec54f8f8644207a	2596896
S001/S001R11.edf.event	8162d74d19617d3dc613cc4d3505a1e143edecd3fb9c7901e255495cf94de0d1	638
S001/S001R12.edf	2b281c9b687b4c4176e83251d74743721f2d6ebd76656a972a3b9c44d9d88cd5	2596896
S001/S001R12.edf.event	482ba145b4cf10d7d6dc91bf708cc14230ec2a86592562a3f6c187be5c9f3e9b	638
S001/S001R13.edf	dde646236a13d846ca68ee71440f1fd38d818bc50a2f4804a29bcf0f773ad167	2596896
S001/S001R13.edf.event	1513629f6e8e700394421b828869afdbd4e2ccdf8bdbed2127f75a42b2db3ff4	638
S001/S001R14.edf	2110c48e3106898e3dbca47e39b330637afd3d3b8bc2da3ba1e44f4ac1118137	2596896
S001/S001R14.edf.event	7e61f9359aba654d84b2ebabe218ba21c6b3f8c33a13e5b6c9c71df1e91cd112	638
"""

DATASET = Dataset(
    name="eegmmidb",
    title="EEG Motor Movement/Imagery Dataset 1.0.0, doi:10.13026/C28G6P",
    licence="""licence: Open Data Commons Attribution (ODC-By) 1.0, https://physionet.org/content/eegmmidb/view-license/1.0.0/
cite: Schalk et al. (2004), doi:10.1109/TBME.2004.827072; Goldberger et al. (2000), doi:10.1161/01.CIR.101.23.e215""",
    home="https://physionet.org/files/eegmmidb/1.0.0",
    files=table(TABLE),
    then="sigconv run eeg_motor_imagery data.path={folder}",
)

if __name__ == "__main__":
    run(DATASET)
